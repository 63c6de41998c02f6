"""The access token: the one in use, and those saved by name."""

from __future__ import annotations

from lwfast.errors import ConfigurationError, TokenError
from lwfast.remote.configuration import legacy, persistence
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.configuration.client_settings import resolve_token, resolve_url
from lwfast.remote.configuration.persistence import check_token, saved_token
from lwfast.remote.configuration.secret import hidden, revealed


class Token:
    """The token of the default client, and the tokens saved by name.

    The token is never shown, whatever is printed.

    Example:
        >>> remote.token.set("the-token-that-you-were-given")
        >>> remote.token.save("lab")
        >>> remote.token.list_saved()
        ['lab']
        ['lab']
        >>> remote.token.load("lab")
    """

    def set(self, token: str) -> None:
        """Use `token` from now on.

        Raises:
            TypeError: It is not a string.
            ValueError: It cannot be a token (empty, or with blanks).
        """
        token = hidden(token)
        chosen.set_token(check_token(token))

    def get(self) -> str:
        """Return the token in use.

        It is the one that was set or loaded, else that of `LWFAST_TOKEN`, the profile, or `lwfast login`.

        Raises:
            AuthenticationError: No token is set.
        """
        try:
            url = resolve_url(None)[0]
        except ConfigurationError:
            url = None
        return revealed(resolve_token(None, url=url)[0])

    def save(self, name: str, overwrite: bool = False) -> None:
        """Save the token in use under a name, in a file that only you can read.

        Args:
            name: Name under which the token is saved.
            overwrite: Whether a token of this name may be replaced; by default False.

        Raises:
            AuthenticationError: No token is in use.
            TokenError: There is a token of this name already, or the file cannot be written.
        """
        if not isinstance(name, str):
            raise TypeError(f"Save name should be a string, got {type(name).__name__}.")
        value = hidden(self.get())
        with persistence.changing_tokens() as saved:
            if not overwrite and (name in saved or name in persistence.read_tokens()[1]):
                raise TokenError(
                    f"A token named {name!r} is saved already; choose another name or pass overwrite=True.",
                    in_shell=f"A token named {name!r} is saved already; choose another name, or add "
                    f"--overwrite.",
                )
            saved[name] = value

    def load(self, name: str) -> None:
        """Use the saved token of this name from now on.

        Raises:
            TokenError: No token was saved under this name.
        """
        self.set(saved_token(name))

    def delete_saved(self, name: str) -> None:
        """Delete the saved token of this name.

        Raises:
            TokenError: No token was saved under this name, or it stands in a file of Lightworks' client,
                which is only read here.
        """
        saved, theirs = persistence.read_tokens()
        if name not in saved and name not in theirs:
            raise TokenError(persistence.no_such_token(name, [*saved, *theirs]))
        if name in saved:
            with persistence.changing_tokens() as changing:
                changing.pop(name, None)
        if name in theirs:
            raise TokenError(
                f"Token {name!r} is still in {legacy.folder()}/{persistence.TOKENS}, which Lightworks' "
                "client wrote and lwfast only reads; delete it with that client, or from the file."
            )

    def list_saved(self) -> list[str]:
        """Print the names of all saved tokens, and return them.

        Raises:
            TokenError: No token was ever saved.
        """
        saved, theirs = persistence.read_tokens()
        names = list(dict.fromkeys([*saved, *theirs]))
        if not names and not (persistence.own_folder() / persistence.TOKENS).exists():
            raise TokenError(
                "No tokens have been saved yet; use token.set(...), then token.save(name).",
                in_shell="No tokens have been saved yet; use `lwfast token save NAME`.",
            )
        print(names)  # noqa: T201  (the reference's interface)
        return names

    def __repr__(self) -> str:
        return f"lwfast.remote.token({'not set' if chosen.token is None else 'set, not shown'})"

    def __str__(self) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        return "token"


token = Token()
