export default function Page() {
  return <h1>Chat</h1>;
}
