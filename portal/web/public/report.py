from flask import Blueprint
bp = Blueprint("report", __name__, url_prefix="/report")
