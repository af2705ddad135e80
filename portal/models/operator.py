"""The operator: name, address, texts, fees and limits — settings, never code."""

from peewee import SQL, BlobField, CharField, DateField, IntegerField, JSONField, TextField

from portal.models.base import BaseModel, InstantField

# Rule C3: the address parcels go to, unless the operator sets another.
DEFAULTS = {
    "brand": "JoeCash",
    "company": "IT-Systemhaus Schlimgen UG (haftungsbeschränkt)",
    "person": "Markus Schlimgen",
    "street": "Hauptstraße 122",
    "postal_code": "51465",
    "city": "Bergisch Gladbach",
    "country": "DE",
}


class Operator(BaseModel):
    """The one record of who runs this portal; an amount of NULL means: no such fee (P4)."""

    brand = CharField(max_length=40)
    company = CharField(max_length=120)
    person = CharField(max_length=80, default="")
    street = CharField(max_length=100)
    postal_code = CharField(max_length=10)
    city = CharField(max_length=80)
    country = CharField(max_length=2, default="DE")
    phone = CharField(max_length=20, default="")
    email = CharField(max_length=254, default="")
    support_hours = CharField(max_length=200, default="")
    helpdesk_url = CharField(max_length=300, default="")
    upload_name = CharField(max_length=60, default="Backup an FTP")  # C0
    imprint_text = TextField(default="")
    imprint_on = DateField(null=True)
    privacy_text = TextField(default="")
    privacy_on = DateField(null=True)
    accessibility_text = TextField(default="")
    accessibility_on = DateField(null=True)
    release_days = IntegerField(default=30)  # C2b
    third_party_fee_cents = IntegerField(null=True)
    training_fee_cents = IntegerField(null=True)
    inspection_fee_cents = IntegerField(null=True)
    quote_days = IntegerField(default=14, constraints=[SQL("DEFAULT 14")])  # how long a quote holds
    vat_percent = IntegerField(default=19, constraints=[SQL("DEFAULT 19")])
    overdue_days = IntegerField(default=7, constraints=[SQL("DEFAULT 7")])  # then a parcel is asked for
    quote_terms = TextField(default="", constraints=[SQL("DEFAULT ''")])
    quote_terms_on = DateField(null=True)
    logo = CharField(max_length=64, default="", constraints=[SQL("DEFAULT ''")])  # digest of the Logo shown
    target_days = JSONField(
        default=dict, constraints=[SQL("DEFAULT '{}'")]
    )  # by state; others: as the rules say
    retention_years = JSONField(default=dict, constraints=[SQL("DEFAULT '{}'")])  # by kind (P3); likewise

    @classmethod
    def current(cls) -> "Operator":
        """Return the operator; before one is stored, the vendor of rule C3."""
        return cls.select().order_by(cls.id).first() or cls(**DEFAULTS)


class Logo(BaseModel):
    """A picture of the operator's own, as it is served: made harmless before (outside.logos)."""

    digest = CharField(max_length=64, unique=True)
    content = BlobField()
    kind = CharField(max_length=20)  # "image/svg+xml" or "image/png"
    at = InstantField()
