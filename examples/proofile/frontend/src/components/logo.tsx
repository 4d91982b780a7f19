export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b5d57" />
      <circle cx="16" cy="12" r="5" fill="#ffffff" />
      <path d="M6 26c1-6 5-8 10-8s9 2 10 8z" fill="#9fd6cd" />
    </svg>
  );
}
