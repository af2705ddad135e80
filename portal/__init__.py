"""A portal for salons whose Kassenserver (POS server) is broken, and for the support that repairs it.

What people can do (actions) changes what we remember (models) by what is true (rules), and the
web only carries it in and out::

    browser → web (find · parse · act · answer) → actions (one deed = one transaction)
            → models (tables and questions) → rules (pure; know nobody)
    later:  letters → worker → deliveries → outside/mailer, till, hooks

A folder is a layer, a file name is a feature: to change how links work, look at the files called
`links.py`; to change the workshop, at those called `workshop.py`.

rules/      WHAT IS TRUE: pure functions and tables, named after the rulebook. `workflow` is the one
            table of states and steps, `report` the path of the questions, `urgency` the queue's order,
            `reminders` what falls due when, `register` one line of the customers' list, `signing_in` how
            guessing gets slower, `retention` how long what is kept, `seals` the chain over the history.
models/     WHAT WE REMEMBER: one module per subject with its questions, `schema` for triggers,
            `migrations/` for the way here.
actions/    WHAT PEOPLE CAN DO: change, history and letters in one transaction; first come, first served.
            `cases` takes the steps, `conditions` says what must be true before some of them; `parcels`
            (in) and `packing` (out), `workshop` and `swaps`, `quotes`, `appointments` and `seats`,
            `commissioning`; `reported` (whose device), `customers` and `imports`. Who may come in: `people`,
            `accounts`, `registrations`, `second_factor`, `passkeys`; without an account `emergencies`, then
            `matching`.
            What goes again: `takeouts`, `deletions`, `erasing`, `retention`. All is told: `history`, `seals`.
web/        HOW THEY REACH IT: `public/` (report, sign-in, door), `owner/`, `staff/`, `api/` (the tills'
            back end), `documents/` (what each paper says; `papers` draws them). `account` is everybody's
            own, with `second_factor`, `passkeys`, `privacy`; `confirm` asks anew before dangerous deeds.
            `forms`, `labels`, `letters`, `access`, `fragments`, `errors`, `security`, `kept` are shared.
outside/    THE WORLD: clock, mail, calendar entries, PDF, codes, photos, logos, archives, tills, webhooks.
            Only here is the time asked for.
app.py      puts it together; config.py reads PORTAL_* variables, production.py says what is unsafe in them;
            cli*.py have the commands.
worker.py   the second process: ends what time ends, warns and reminds before, keeps the queue's order,
            imports, seals the history, has letters delivered.
copies.py   its part with people's data: makes copies, carries out deletions, lets go of what is over.
deliveries.py  how a letter leaves: by mail, to the till's back end, as a webhook; and what follows from it.
demo*.py    the demo's data; fill*.py bulk data to measure.

tests/test_architecture.py enforces who may import whom.
"""
