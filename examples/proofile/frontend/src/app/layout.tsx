import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { NoticeBar } from "@/components/notice-bar";
import { ReleaseMarker } from "@/components/release-marker";
import { ServiceBanner } from "@/components/service-banner";
import { SiteFooter } from "@/components/site-footer";
import { SiteHeader } from "@/components/site-header";
import { VitalsReporter } from "@/components/vitals-reporter";
import { seemsSignedIn } from "@/lib/server-session";

import "@/styles/base.css";
import "@/styles/shell.css";
import "@/styles/controls.css";
import "@/styles/people.css";
import "@/styles/pages.css";

export const metadata: Metadata = {
  title: { default: "ProoFile", template: "%s · ProoFile" },
  description: "A directory of the people you work with: who they are, what they do and where to find them.",
};

export const viewport: Viewport = { themeColor: "#0b5d57", colorScheme: "light" };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const guessSignedIn = await seemsSignedIn();
  return (
    <html lang="en">
      <body>
        <a className="skip-link" href="#content">
          Skip to content
        </a>
        <SiteHeader guessSignedIn={guessSignedIn} />
        <ServiceBanner />
        <NoticeBar />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
        <SiteFooter />
        <VitalsReporter />
        <ReleaseMarker variant={process.env.RELEASE_VARIANT ?? "good"} />
      </body>
    </html>
  );
}
