"""Prompts that improve themselves: variants are tried on some rows, and the best is judged on others."""
