/** What is wrong with a field, right below it. */
export function FieldError({ id, message }: { readonly id: string; readonly message: string }) {
  return (
    <p class="field-error" id={id} role="alert">
      {message}
    </p>
  );
}
