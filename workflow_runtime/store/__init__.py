"""The database: the only room of the runtime that imports SQLAlchemy."""
