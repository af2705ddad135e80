from flask import Blueprint
bp = Blueprint("door", __name__)
