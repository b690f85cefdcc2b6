import { Component, type ReactNode } from "react";

interface Props {
  children: ReactNode;
  /** What is shown instead of a part that failed. */
  instead: ReactNode;
}

/** Keeps a failure where it happened. The usual cause is a part of the application that a newer version has replaced. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}
