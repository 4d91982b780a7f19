"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState, type FormEvent } from "react";

import type { ApiError } from "@/lib/api-error";
import { session } from "@/lib/session";
import { signIn } from "@/lib/session-actions";
import { useHydrated } from "@/lib/use-hydrated";
import { useStore } from "@/lib/use-store";

function useLogin(next: string) {
  const router = useRouter();
  const { status } = useStore(session);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (status === "in") router.replace(next);
  }, [status, next, router]);
  const submit = async (form: FormData) => {
    setBusy(true);
    setProblem("");
    try {
      await signIn(form.get("email") as string, form.get("password") as string);
    } catch (error) {
      setProblem((error as ApiError).message);
      setBusy(false);
    }
  };
  return { problem, busy, submit };
}

export function LoginForm({ next }: { next: string }) {
  const { problem, busy, submit } = useLogin(next);
  const hydrated = useHydrated();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit(new FormData(event.currentTarget));
  };
  return (
    <form className="form" method="post" onSubmit={onSubmit}>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="field">
        <label htmlFor="email">Email</label>
        <input id="email" name="email" type="email" autoComplete="username" required maxLength={254} />
      </div>
      <div className="field">
        <label htmlFor="password">Password</label>
        <input id="password" name="password" type="password" autoComplete="current-password" required maxLength={200} />
      </div>
      <button type="submit" className="button" disabled={busy || !hydrated}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
