"""One small file a promise; every module here is imported, and so registered, when promises are asked for."""
