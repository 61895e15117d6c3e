"""Who works here, and by which right: sessions, users, keys, settings of the installation, the second person."""
