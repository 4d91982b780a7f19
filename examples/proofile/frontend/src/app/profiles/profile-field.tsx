import { PROFILE_FIELDS, type TextField } from "@/lib/profile-form";

interface ProfileFieldProps {
  name: TextField;
  value?: string;
  error?: string;
}

export function ProfileField({ name, value, error }: ProfileFieldProps) {
  const { label, required, multiline } = PROFILE_FIELDS[name];
  const shared = {
    id: name,
    name,
    defaultValue: value,
    required,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": error ? `${name}-error` : undefined,
  };
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {multiline ? <textarea {...shared} rows={6} /> : <input {...shared} type="text" autoComplete="off" />}
      {error && (
        <p id={`${name}-error`} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
