"""`mintmark recipes`: the built-in recipes, and the schema of all recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say, say_json

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The built-in recipes, to read and to start from."
)  # fmt: skip


@app.command("list")
def list_recipes() -> None:
    """List the built-in recipes with the methods they follow."""
    from .. import recipes

    for name in recipes.names():
        one = recipes.get(name)
        say(f"{one.name:<14} {one.title}")
        for reference in one.references:
            say(f"{'':<14}   {reference}")


@app.command(epilog="\b\nExample:\n  mintmark recipes show grounded-qa\n")
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in recipe.")]) -> None:
    """Print a built-in recipe with its comments."""
    from .. import recipes

    typer.echo(recipes.get(name).text, nl=False)


@app.command(epilog="\b\nExample:\n  mintmark recipes new grounded-qa faq.yaml && mintmark run faq.yaml --preview 3\n")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in recipe.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to write it.", show_default="NAME.yaml")
    ] = None,
) -> None:
    """Copy a built-in recipe to start your own from.

    Comments come along; an existing file is never replaced.
    """
    from .. import recipes
    from ..core.errors import RecipeError

    recipe = recipes.get(name)
    target = file if file is not None else Path(f"{name}.yaml")
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(recipe.text)
    except FileExistsError:
        raise RecipeError("is there already", where=str(target), remedy="choose another name") from None
    except (OSError, ValueError) as e:
        raise RecipeError(f"cannot be written: {getattr(e, 'strerror', e)}", where=str(target)) from e
    say(f"{target} written; look at it, then: mintmark run {target} --preview 3")


@app.command(epilog="\b\nExample:\n  mintmark recipes schema > .vscode/recipe.schema.json\n")
def schema() -> None:
    """Print the JSON Schema of recipes, for editors.

    Every installed source and step is in it, so that an editor completes names and checks fields.
    """
    from ..recipes.schema import recipe_schema

    say_json(recipe_schema())
