"""Grafana dashboards as code live here; nobody imports them."""
