"use client";

import { useEffect } from "react";

import { notice } from "@/lib/notice";
import { useStore } from "@/lib/use-store";

const SHOWN_MS = 6000;

export function NoticeBar() {
  const text = useStore(notice);
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => {
      notice.set("");
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div className="notice" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}
