"""From the checkout to AWS: the template, the package, the deployment. This code is never deployed itself."""
