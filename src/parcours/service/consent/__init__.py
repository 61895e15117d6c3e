"""Who may be written to: subscription types, what people say of them, addresses that are written to no more."""
