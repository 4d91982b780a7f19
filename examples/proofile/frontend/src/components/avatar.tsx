import { initials } from "@/lib/format";

const TONES = 4;

/** Initials on a quiet colour that belongs to the person. */
export function Avatar({ id, name, large = false }: { id: number; name: string; large?: boolean }) {
  return (
    <span className={`avatar tone-${id % TONES}${large ? " large" : ""}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
