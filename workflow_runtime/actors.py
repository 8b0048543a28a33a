"""Who acts: a person with roles at parties, or the system itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Grant:
    """A role at a party: what a lane of a diagram is resolved to."""

    role: str
    party: str


@dataclass(frozen=True)
class Actor:
    """A person: login, display name, the party that he or she belongs to, and grants."""

    id: str
    name: str
    party: str
    grants: frozenset[Grant] = field(default_factory=frozenset)

    def may_work(self, role: str, party: str) -> bool:
        """Has exactly this role at exactly this party (a department is a party of its own)."""
        return Grant(role, party) in self.grants

    def has_role(self, role: str) -> bool:
        """Has the role at some party."""
        return any(grant.role == role for grant in self.grants)

    def role_at(self, party: str) -> str:
        """The roles at a party, for the audit."""
        return ",".join(sorted(grant.role for grant in self.grants if grant.party == party))


SYSTEM = Actor("system", "系统", "system")
"""Workers, timers and receivers act as the system."""
