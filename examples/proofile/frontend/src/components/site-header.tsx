"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useEffect } from "react";

import { Logo } from "@/components/logo";
import { session } from "@/lib/session";
import { loadSession, signOut } from "@/lib/session-actions";
import { useStore } from "@/lib/use-store";

const LINKS = [
  { href: "/dashboard", text: "Dashboard", needsSession: true },
  { href: "/profiles", text: "Profiles", needsSession: true },
  { href: "/performance", text: "Performance", needsSession: false },
];

function NavLinks({ signedIn }: { signedIn: boolean }) {
  const pathname = usePathname();
  return (
    <ul className="nav-links">
      {LINKS.filter((link) => signedIn || !link.needsSession).map(({ href, text }) => (
        <li key={href}>
          <Link href={href} prefetch={false} aria-current={pathname === href ? "page" : undefined}>
            {text}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function SignOutButton() {
  const router = useRouter();
  const leave = async () => {
    try {
      await signOut();
      router.push("/");
    } catch {
      // The banner says that the service is away; the session goes on.
    }
  };
  return (
    <button type="button" className="button quiet" onClick={() => void leave()}>
      Sign out
    </button>
  );
}

interface SiteHeaderProps {
  /** What the server guesses from the cookies, until the API has answered. */
  guessSignedIn: boolean;
}

export function SiteHeader({ guessSignedIn }: SiteHeaderProps) {
  const current = useStore(session);
  useEffect(() => {
    void loadSession();
  }, []);
  const signedIn = current.status === "unknown" ? guessSignedIn : current.status === "in";
  return (
    <header className="site-header">
      <div className="bar">
        <Link href="/" prefetch={false} className="brand" aria-label="ProoFile home">
          <Logo />
          ProoFile
        </Link>
        <nav aria-label="Main">
          <NavLinks signedIn={signedIn} />
        </nav>
        <div className="account">
          {current.status === "in" && <span className="who">{current.user.full_name}</span>}
          {signedIn ? (
            <SignOutButton />
          ) : (
            <Link href="/login" prefetch={false} className="button">
              Sign in
            </Link>
          )}
        </div>
      </div>
    </header>
  );
}
