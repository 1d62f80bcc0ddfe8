export function loader() {
  return { node: process.version.split(".")[0] };
}

export default function Home({ loaderData }) {
  return <p>{`react-router on node ${loaderData.node}`}</p>;
}
