"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";

import { api } from "@/lib/api";
import type { ApiError } from "@/lib/api-error";
import { notice } from "@/lib/notice";
import type { Profile } from "@/lib/types";

interface ConfirmationProps {
  profile: Profile;
  onCancel: () => void;
}

function Confirmation({ profile, onCancel }: ConfirmationProps) {
  const router = useRouter();
  const [problem, setProblem] = useState("");
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    keep.current?.focus();
  }, []);
  const remove = async () => {
    try {
      await api(`/api/profiles/${profile.id}`, { method: "DELETE" });
      notice.set("Profile deleted.");
      router.push("/profiles");
    } catch (error) {
      setProblem(`Not deleted. ${(error as ApiError).message}`);
    }
  };
  return (
    <div className="confirmation" role="group" aria-labelledby="delete-question">
      <p id="delete-question">{`Delete the profile of ${profile.full_name}? This cannot be undone.`}</p>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="actions">
        <button type="button" className="button danger" onClick={() => void remove()}>
          Confirm delete
        </button>
        <button type="button" className="button quiet" ref={keep} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

export function DeleteProfile({ profile }: { profile: Profile }) {
  const [asking, setAsking] = useState(false);
  if (asking) {
    return (
      <Confirmation
        profile={profile}
        onCancel={() => {
          setAsking(false);
        }}
      />
    );
  }
  return (
    <button
      type="button"
      className="button quiet danger-text"
      onClick={() => {
        setAsking(true);
      }}
    >
      Delete profile
    </button>
  );
}
