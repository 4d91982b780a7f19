"use client";

interface ErrorPageProps {
  error: Error & { digest?: string };
  reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <section className="message-page" role="alert">
      <h1>Something went wrong</h1>
      <p>The fault is on our side. Nothing that you saved is lost.</p>
      {error.digest && <p className="muted">{`Reference: ${error.digest}`}</p>}
      <button type="button" className="button" onClick={reset}>
        Try again
      </button>
    </section>
  );
}
