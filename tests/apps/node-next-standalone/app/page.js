export const dynamic = "force-dynamic";

export default function Page() {
  return <main>next on node {process.version.split(".")[0]}</main>;
}
