/** Terms and what holds for each. */
export function Facts({ rows }: { readonly rows: readonly (readonly [term: string, value: string])[] }) {
  return (
    <dl>
      {rows.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
