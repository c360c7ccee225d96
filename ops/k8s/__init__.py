"""Manifests for Kubernetes, made from the same plan as the native launcher and docker-compose.yml: `python -m ops.k8s FOLDER`."""
