// The control API of the sandbox. Every refusal becomes an Error with a text to show.

export async function call(method, path, body) {
  const options = { method };
  if (method === "POST") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  let response;
  try {
    response = await fetch(`/control${path}`, options);
  } catch {
    throw new Error("De proefchat geeft geen antwoord. Draait hij nog?");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);

// A file as the control API takes it.
export async function encoded(file) {
  const url = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error("Dat bestand kan niet worden gelezen."));
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}
