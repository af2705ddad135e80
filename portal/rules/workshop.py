"""What was swapped in the workshop, and what keeps a repair from beginning?  Rules W0, W3, W4, O2."""

from enum import StrEnum


class SwapPart(StrEnum):
    """What was swapped; server, main board and TSE go onto the facts sheet (rule O2)."""

    SERVER = "server"
    MAIN_BOARD = "main_board"
    TSE = "tse"
    DISK = "disk"
    POWER_SUPPLY = "power_supply"
    OTHER = "other"
