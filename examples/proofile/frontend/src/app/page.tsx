import type { Metadata } from "next";
import Link from "next/link";

import { LandingPreview } from "@/components/landing-preview";
import { seemsSignedIn } from "@/lib/server-session";

export const metadata: Metadata = { title: { absolute: "ProoFile: the people you work with" } };

const POINTS = [
  { title: "Find people", text: "Search by name, headline or place and have the right person in seconds." },
  { title: "Keep it true", text: "Everyone's profile is one short form. Changes show at once, for all." },
  { title: "See it run", text: "The performance page shows what visitors really feel, measured in their browsers." },
];

export default async function LandingPage() {
  const signedIn = await seemsSignedIn();
  return (
    <>
      <section className="hero">
        <div>
          <h1>Know the people you work with</h1>
          <p className="lead">ProoFile is a calm, quick directory: who somebody is, what they do, and where to find them.</p>
          <Link href={signedIn ? "/dashboard" : "/login"} prefetch={false} className="button large">
            {signedIn ? "Open the dashboard" : "Sign in to the directory"}
          </Link>
        </div>
        <LandingPreview />
      </section>
      <section className="points" aria-label="What ProoFile does">
        {POINTS.map(({ title, text }) => (
          <article key={title} className="card">
            <h2>{title}</h2>
            <p>{text}</p>
          </article>
        ))}
      </section>
    </>
  );
}
