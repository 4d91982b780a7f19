"use client";

import { useState, type FormEvent, type ReactNode } from "react";

import type { ApiError, FieldErrors } from "@/lib/api-error";
import { PROFILE_FIELD_NAMES, profileFromForm, validateProfile } from "@/lib/profile-form";
import type { Profile, ProfileInput } from "@/lib/types";
import { useHydrated } from "@/lib/use-hydrated";

import { ProfileField } from "./profile-field";

interface ProfileFormProps {
  profile?: Profile;
  save: (profile: ProfileInput) => Promise<void>;
  cancel: ReactNode;
}

function useSave(save: ProfileFormProps["save"]) {
  const [fieldErrors, setFieldErrors] = useState<FieldErrors>({});
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (profile: ProfileInput) => {
    const found = validateProfile(profile);
    setFieldErrors(found);
    setProblem(Object.keys(found).length > 0 ? "Please correct the marked fields." : "");
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await save(profile);
    } catch (error) {
      const { message, fields } = error as ApiError;
      setProblem(`Not saved. ${message}`);
      setFieldErrors(fields);
      setBusy(false);
    }
  };
  return { fieldErrors, problem, busy, submit };
}

export function ProfileForm({ profile, save, cancel }: ProfileFormProps) {
  const { fieldErrors, problem, busy, submit } = useSave(save);
  const hydrated = useHydrated();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = profileFromForm(new FormData(event.currentTarget));
    void submit(profile?.availability ? { ...typed, availability: profile.availability } : typed);
  };
  return (
    <form className="form" method="post" noValidate onSubmit={onSubmit}>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {PROFILE_FIELD_NAMES.map((name) => (
        <ProfileField key={name} name={name} value={profile?.[name]} error={fieldErrors[name]} />
      ))}
      <div className="actions">
        <button type="submit" className="button" disabled={busy || !hydrated}>
          Save profile
        </button>
        {cancel}
      </div>
    </form>
  );
}
