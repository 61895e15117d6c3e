"""What is commanded of journeys and of people in them: one function, one transaction, one line in the audit."""
