"""From the checkout to AWS: the template, the package, the deployment. Never part of what is deployed."""
