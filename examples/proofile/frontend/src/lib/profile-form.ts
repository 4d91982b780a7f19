import type { FieldErrors } from "@/lib/api-error";
import type { ProfileInput } from "@/lib/types";

export type TextField = "full_name" | "headline" | "location" | "bio";

interface FieldRule {
  label: string;
  max: number;
  required?: boolean;
  multiline?: boolean;
}

/** The limits of the API, so that most mistakes are seen before anything is sent. */
export const PROFILE_FIELDS: Record<TextField, FieldRule> = {
  full_name: { label: "Full name", max: 120, required: true },
  headline: { label: "Headline", max: 160, required: true },
  location: { label: "Location", max: 120 },
  bio: { label: "Bio", max: 5000, multiline: true },
};

export const PROFILE_FIELD_NAMES = Object.keys(PROFILE_FIELDS) as TextField[];

/** The form's texts, trimmed. */
export function profileFromForm(form: FormData): ProfileInput {
  const text = (name: TextField) => ((form.get(name) as string | null) ?? "").trim();
  return { full_name: text("full_name"), headline: text("headline"), location: text("location"), bio: text("bio") };
}

/** One message for each field that the API would refuse. */
export function validateProfile(profile: ProfileInput): FieldErrors {
  const errors: FieldErrors = {};
  for (const name of PROFILE_FIELD_NAMES) {
    const { label, max, required } = PROFILE_FIELDS[name];
    const { length } = profile[name];
    if (required && length === 0) errors[name] = `${label} is required.`;
    if (length > max) errors[name] = `${label} has ${length} characters; at most ${max} are allowed.`;
  }
  return errors;
}
