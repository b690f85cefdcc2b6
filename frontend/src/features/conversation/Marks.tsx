import { useLayoutEffect, useRef, type RefObject } from "react";
import { marked } from "./wording";
import styles from "./Composer.module.css";

interface MarksProps {
  text: string;
  signs: string[];
  field: RefObject<HTMLTextAreaElement | null>;
}

/** Lies behind the field with the same words in the same places, and shows nothing but the marks under some of them. */
export function Marks({ text, signs, field }: MarksProps) {
  const sheet = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const written = field.current;
    const behind = sheet.current;
    if (!written || !behind) return;
    const follow = () => {
      behind.style.width = `${written.clientWidth}px`; // a scroll bar takes room from the words
      behind.scrollTop = written.scrollTop;
    };
    follow();
    written.addEventListener("scroll", follow);
    const resized = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(follow); // window or panel
    resized?.observe(written);
    return () => {
      resized?.disconnect();
      written.removeEventListener("scroll", follow);
    };
  }, [field, text]);
  return (
    <div ref={sheet} className={styles.marks} aria-hidden="true" dir="auto">
      {marked(text, signs).map((piece, index) => (piece.mark ? <mark key={index}>{piece.text}</mark> : piece.text))}
      {"\n"}
    </div>
  );
}
