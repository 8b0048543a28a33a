"""Reading the authorities' old registers: spreadsheets and CSV files of every make, understood, checked, compared, entered all or none."""
