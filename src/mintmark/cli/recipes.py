"""`mintmark recipes`: the built-in recipes, and the schema of all recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import compare
from .output import say, say_json

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The built-in recipes, to read and to start from."
)  # fmt: skip


@app.command("list", epilog="\b\nExamples:\n  mintmark recipes list\n  mintmark recipes list evol\n"
             "  mintmark recipes list wang 2022\n")  # fmt: skip
def list_recipes(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="Words that a recipe must fit: of its name, paper, author."),
    ] = None,
) -> None:
    """List the built-in recipes by what they make, with the papers they follow.

    With words, only those that fit them all: a method's name, a paper's title, author, year or arXiv number, a step.
    """
    from itertools import groupby

    from .. import recipes

    found = recipes.find(" ".join(text or ()))
    wide = max(len(one.name) for one in found)
    for family, own in groupby(found, key=lambda one: one.family):
        say(family)
        for one in own:
            say(f"  {one.name:<{wide}}  {one.title}")
            for reference in one.references:
                say(f"  {'':<{wide}}    {reference}")


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

    Comments come along, and files that it reads are put where it looks for them, in this folder. An existing file is
    never replaced.
    """
    from .. import recipes
    from ..core.errors import RecipeError

    recipe = recipes.get(name)
    target = file if file is not None else Path(f"{name}.yaml")
    wanted = {target: recipe.text.encode()} | {Path(beside): data for beside, data in recipe.files.items()}
    # A file that a recipe reads may be there from an earlier copy; one that says something else must stay.
    for path in wanted:
        if path.exists() and (path == target or path.read_bytes() != wanted[path]):
            raise RecipeError("is there already", where=str(path), remedy="choose another name or another folder")
    for path, data in wanted.items():
        try:
            if path != target:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (OSError, ValueError) as e:
            raise RecipeError(f"cannot be written: {getattr(e, 'strerror', e)}", where=str(path)) from e
    written = " and ".join(dict.fromkeys([str(target), *(Path(beside).parts[0] for beside in recipe.files)]))
    say(f"{written} written; look at it, then: mintmark run {target} --preview 3")


app.command("compare", epilog=compare.EPILOG)(compare.compare)


@app.command(epilog="\b\nExample:\n  mintmark recipes schema > .vscode/recipe.schema.json\n")
def schema() -> None:
    """Print the JSON Schema of recipes, for editors.

    Every installed source and step is in it, so that an editor completes names and checks fields.
    """
    from ..recipes.schema import recipe_schema

    say_json(recipe_schema())
