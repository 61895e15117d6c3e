"""How things stand: reports, the ledger, alerts, what is stuck and what comes next."""
