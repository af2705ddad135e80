"""A portal for salons whose Kassenserver (POS server) is broken, and for the support that repairs it.

What people can do (actions) changes what we remember (models) by what is true (rules), and the
web only carries it in and out::

    browser → web (find · parse · act · answer) → actions (one deed = one transaction)
            → models (tables and questions) → rules (pure; know nobody)
    later:  letters → worker → deliveries → outside/mailer, till, hooks

A folder is a layer, a file name is a feature: to change how links work, look at the four files
called `links.py`.

rules/      WHAT IS TRUE: pure functions and tables, named after the rulebook. `workflow` is the one
            table of states and steps, `report` the path of the questions, `urgency` the queue's order.
models/     WHAT WE REMEMBER: one module per table, `schema` for triggers, `migrations/` for the way here.
actions/    WHAT PEOPLE CAN DO: change, history and letters in one transaction; first come, first served.
web/        HOW THEY REACH IT: `public/` (report, sign-in, door), `owner/`, `staff/`, `api/` (the tills'
            back end); `forms`, `labels`, `access`, `fragments`, `errors`, `security` are shared.
outside/    THE WORLD: clock, mail, calendar entries, PDF, codes, photos, tills, webhooks. Only here is the
            time asked for.
app.py      puts it together; config.py reads PORTAL_* variables; cli.py has the commands.
worker.py   the second process: ends links, warns and reminds before, keeps the queue's order, has letters
            delivered.
deliveries.py  how a letter leaves: by mail, to the till's back end, as a webhook; and what follows from it.
demo.py     the demo's data, with demo_links.py; fill.py, fill_rows.py and fill_links.py bulk data to measure.

tests/test_architecture.py enforces who may import whom.
"""
