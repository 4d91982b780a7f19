"""Everything that the environment decides, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ENVIRONMENTS = ("development", "test", "staging", "production")
VARIANTS = (
    "good",
    "never-healthy",
    "crash-after-a-minute",
    "two-percent-errors",
    "leaks-memory",
    "slow",
    "console-error",
)
MINIMUM_SECRET_LENGTH = 32


@dataclass(frozen=True)
class Settings:
    """The settings of one process; secrets stay out of its repr."""

    environment: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    cors_origins: tuple[str, ...] = ()
    auth_rate_limit: int = 20
    session_hours: int = 12
    dashboard_cache_seconds: int = 60
    crash_after_seconds: float = 60.0
    log_level: str = "INFO"
    release: str = "dev"
    variant: str = "good"

    @property
    def cookies_secure(self) -> bool:
        """Only production is served over TLS."""
        return self.environment == "production"


def database_url(raw: str) -> str:
    """Name SQLAlchemy's driver; `postgres://` and `postgresql://` are what people write."""
    for scheme in ("postgres://", "postgresql://"):
        if raw.startswith(scheme):
            return "postgresql+psycopg://" + raw.removeprefix(scheme)
    return raw


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(f"{name} is not set; .env.example says what it is for")
    return value


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    raw = environ.get(name, "").strip() or str(default)
    if not raw.isascii() or not raw.isdigit() or int(raw) < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {raw!r}")
    return int(raw)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value


def _secret_key(environ: Mapping[str, str], environment: str) -> str:
    """A real secret is demanded wherever other people can reach the application."""
    key = _required(environ, "SECRET_KEY")
    careless = len(key) < MINIMUM_SECRET_LENGTH or key.startswith("change-me")
    if environment in ("staging", "production") and careless:
        raise ValueError(f"SECRET_KEY must have at least {MINIMUM_SECRET_LENGTH} characters and be no placeholder in {environment}")
    return key


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables; ValueError names the variable that is wrong."""
    environment = _one_of("ENVIRONMENT", environ.get("ENVIRONMENT", "development"), ENVIRONMENTS)
    origins = environ.get("CORS_ORIGINS", "").split(",")
    return Settings(
        environment=environment,
        database_url=database_url(_required(environ, "DATABASE_URL")),
        redis_url=_required(environ, "REDIS_URL"),
        secret_key=_secret_key(environ, environment),
        cors_origins=tuple(origin.strip() for origin in origins if origin.strip()),
        auth_rate_limit=_positive(environ, "AUTH_RATE_LIMIT", 20),
        session_hours=_positive(environ, "SESSION_HOURS", 12),
        dashboard_cache_seconds=_positive(environ, "DASHBOARD_CACHE_SECONDS", 60),
        crash_after_seconds=_positive(environ, "CRASH_AFTER_SECONDS", 60),
        log_level=environ.get("LOG_LEVEL", "").strip().upper() or "INFO",
        release=environ.get("RELEASE", "").strip() or "dev",
        variant=_one_of(
            "RELEASE_VARIANT",
            environ.get("RELEASE_VARIANT", "").strip() or "good",
            VARIANTS,
        ),
    )
