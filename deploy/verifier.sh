#!/bin/sh
# Verification processes: the forward-auth door alone, on a fast server for ASGI. Run it
# beside manage.py; what follows on the command line wins, such as --port 8002.
#
# The address of the peer decides whom the door trusts, so no header may replace it
# (--no-proxy-headers). nginx closes idle connections first, after 20 seconds.

# What stops the start is said here, once: uvicorn would end as if all were well.
python -m config.asgi || exit
exec python -m uvicorn config.asgi:application \
    --host 127.0.0.1 --port 8001 --workers "${WEB_CONCURRENCY:-2}" \
    --loop uvloop --http httptools --ws none --lifespan on \
    --no-proxy-headers --no-server-header --no-access-log \
    --timeout-keep-alive 75 --timeout-graceful-shutdown 30 "$@"
