"""What pages show: a case, a task, a document, a manual, put together for a template from what queries gave."""
