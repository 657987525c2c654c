"""Airflow on one machine: started, watched, stopped."""
