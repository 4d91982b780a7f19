import Link from "next/link";

import { pagePath, type ProfileQuery } from "@/lib/profile-query";

interface StepProps {
  query: ProfileQuery;
  to: number;
  pages: number;
  text: string;
}

function Step({ query, to, pages, text }: StepProps) {
  if (to < 1 || to > pages) {
    return (
      <span className="button quiet off" aria-disabled="true">
        {text}
      </span>
    );
  }
  return (
    <Link href={pagePath({ ...query, page: to })} prefetch={false} className="button quiet">
      {text}
    </Link>
  );
}

export function Pager({ query, pages }: { query: ProfileQuery; pages: number }) {
  return (
    <nav className="pager" aria-label="Pages">
      <Step query={query} to={query.page - 1} pages={pages} text="Previous" />
      <span>{`Page ${query.page} of ${pages}`}</span>
      <Step query={query} to={query.page + 1} pages={pages} text="Next" />
    </nav>
  );
}
