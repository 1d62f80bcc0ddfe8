raise SystemExit("the Procfile says how to start")
