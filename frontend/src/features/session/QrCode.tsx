/** A square that a telephone scans, drawn from its rows ("1" is dark): no picture is fetched, no other service asked. */
export function QrCode({ rows, label, className }: { rows: string[]; label: string; className?: string }) {
  const path = rows.flatMap((row, y) => [...row].flatMap((one, x) => (one === "1" ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg className={className} viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={path} fill="#000" />
    </svg>
  );
}
