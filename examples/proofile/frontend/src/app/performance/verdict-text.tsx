import type { Verdict } from "@/lib/vitals";

const TEXTS: Record<Verdict, string> = { good: "On target", over: "Over target", none: "Not judged" };

export function VerdictText({ verdict }: { verdict: Verdict }) {
  return <span className={`verdict ${verdict}`}>{TEXTS[verdict]}</span>;
}
