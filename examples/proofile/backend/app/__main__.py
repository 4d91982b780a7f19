"""`python -m app`: serve the API on port 8000, logging JSON only."""

import uvicorn


def main() -> None:
    """Run uvicorn without its own log configuration: the application's JSON log is the only one."""
    uvicorn.run(
        "app.main:app",
        host="0.0.0.0",  # nosec B104 - inside a container the network is compose's
        port=8000,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
