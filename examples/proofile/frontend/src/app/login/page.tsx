import type { Metadata } from "next";

import { safeNext } from "@/lib/safe-next";

import { LoginForm } from "./login-form";

export const metadata: Metadata = { title: "Sign in" };

interface LoginPageProps {
  searchParams: Promise<{ next?: string | string[] }>;
}

export default async function LoginPage({ searchParams }: LoginPageProps) {
  const { next } = await searchParams;
  return (
    <section className="narrow card">
      <h1>Sign in</h1>
      <p className="muted">Use the account of your organisation.</p>
      <LoginForm next={safeNext(typeof next === "string" ? next : undefined)} />
    </section>
  );
}
