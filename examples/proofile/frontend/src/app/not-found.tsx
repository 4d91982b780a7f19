import type { Metadata } from "next";
import Link from "next/link";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <section className="message-page">
      <p className="message-code" aria-hidden="true">
        404
      </p>
      <h1>Page not found</h1>
      <p>The address leads nowhere, or what was here has been deleted.</p>
      <Link href="/" prefetch={false} className="button">
        Back to the start
      </Link>
    </section>
  );
}
