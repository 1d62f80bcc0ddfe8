import { createRoot } from "react-dom/client";

createRoot(document.getElementById("root")).render(<h1>Tasks of {import.meta.env.VITE_TEAM ?? "nobody"}</h1>);
