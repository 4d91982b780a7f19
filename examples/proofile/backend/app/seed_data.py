"""Forty-two invented people for demonstrations."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One demo profile; `days_ago` is its age on the day of seeding."""

    full_name: str
    headline: str
    location: str
    days_ago: int
    bio: str


PROFILES = (
    Entry(
        "Amara Okafor",
        "Staff Data Engineer",
        "Lagos",
        1,
        "Builds streaming pipelines for payment networks and teaches the on-call rota to trust its dashboards.",
    ),
    Entry(
        "Anders Lindqvist",
        "Principal Site Reliability Engineer",
        "Stockholm",
        22,
        "Twelve years of keeping rail ticketing up on holidays; writes postmortems that people read.",
    ),
    Entry(
        "Aiko Tanaka",
        "Product Designer, Design Systems",
        "Tokyo",
        51,
        "Turns scattered component libraries into one language; cares about contrast and focus order.",
    ),
    Entry(
        "Beatriz Carvalho",
        "Frontend Engineer, Accessibility",
        "Lisbon",
        83,
        "Makes complex forms work with a keyboard alone. Speaks at local meetups about ARIA misuse.",
    ),
    Entry(
        "Bilal Haddad",
        "Security Engineer",
        "Berlin",
        17,
        "Threat models, session handling and the boring fixes that remove whole classes of bugs.",
    ),
    Entry(
        "Camille Laurent",
        "Engineering Manager, Payments",
        "Paris",
        44,
        "Leads two teams through a migration nobody noticed, which was the point.",
    ),
    Entry(
        "Carlos Mendoza",
        "Backend Engineer, Python",
        "Mexico City",
        74,
        "APIs, Postgres and careful migrations. Likes code that explains itself.",
    ),
    Entry("Chiara Romano", "UX Researcher", "Milan", 12, "Interviews nurses and dispatchers, and brings their words into planning."),
    Entry(
        "Chinedu Eze",
        "Platform Engineer",
        "Lagos",
        37,
        "Internal developer platform for two hundred services; paved roads over mandates.",
    ),
    Entry(
        "Clara Hoffmann",
        "Machine Learning Engineer",
        "Berlin",
        67,
        "Ranking models that are monitored from the first day; sceptical of offline metrics.",
    ),
    Entry(
        "Daniel Novak",
        "Database Administrator",
        "Prague",
        6,
        "Postgres at many terabytes: partitions, vacuum and restores that are rehearsed.",
    ),
    Entry(
        "Elena Petrova",
        "Quality Engineering Lead",
        "Sofia",
        30,
        "Test strategy for medical devices; fewer and better end-to-end tests.",
    ),
    Entry(
        "Emily Carter",
        "Technical Writer",
        "London",
        60,
        "API references and runbooks, reviewed by the people who wake up at night.",
    ),
    Entry(
        "Farah Rahimi",
        "Mobile Engineer, iOS",
        "London",
        2,
        "Offline-first applications for field workers; small binaries, quick starts.",
    ),
    Entry(
        "Fatima Zahra Idrissi",
        "Data Analyst",
        "Casablanca",
        24,
        "Answers the question behind the question, with intervals on every chart.",
    ),
    Entry("Gabriel Santos", "DevOps Engineer", "São Paulo", 53, "Deployments that are dull on purpose: one command, one way back."),
    Entry(
        "Giulia Ferri",
        "Solutions Architect",
        "Milan",
        85,
        "Integrates insurers' old systems with new products without big bangs.",
    ),
    Entry(
        "Hannah Schmidt",
        "Product Manager, Growth",
        "Berlin",
        19,
        "Experiments with honest stopping rules; kills her own ideas early.",
    ),
    Entry(
        "Hiroshi Yamamoto",
        "Embedded Software Engineer",
        "Osaka",
        46,
        "Firmware for industrial sensors, updated over the air and always recoverable.",
    ),
    Entry("Ines Ferreira", "Cloud Cost Analyst", "Lisbon", 77, "Finds the third of the bill that nobody owns and gives it an owner."),
    Entry(
        "Isaac Mwangi",
        "Full-Stack Engineer",
        "Nairobi",
        13,
        "TypeScript on one side, Python on the other, and a clear contract between them.",
    ),
    Entry(
        "Jakub Kowalski",
        "Network Engineer",
        "Warsaw",
        40,
        "BGP, anycast and capacity plans; automates changes with a dry run first.",
    ),
    Entry(
        "Jasmine Patel",
        "Data Scientist, Health",
        "Toronto",
        69,
        "Survival analysis for clinical teams; reproducible notebooks or none.",
    ),
    Entry("João Almeida", "Game Developer", "Porto", 8, "Rendering and tools; shipped two small titles with a team of five."),
    Entry("Katarina Horvat", "Compliance Officer", "Zagreb", 33, "Translates regulation into checklists that engineers can finish."),
    Entry("Kwame Mensah", "Backend Engineer, Go", "Accra", 62, "Low-latency messaging for ride hailing; measures before he changes."),
    Entry("Laura Jimenez", "Scrum Master", "Madrid", 3, "Protects focus, shortens meetings and makes blocked work visible."),
    Entry("Leila Nasser", "Product Designer", "Beirut", 27, "Designs for slow networks and small screens first."),
    Entry(
        "Liam Murphy",
        "Release Manager",
        "Dublin",
        55,
        "Coordinates fortnightly releases for nine teams; keeps the rollback warm.",
    ),
    Entry("Marta Nowak", "Test Automation Engineer", "Warsaw", 88, "Playwright suites that fail for one reason at a time."),
    Entry(
        "Mei Chen",
        "Research Engineer, Speech",
        "Singapore",
        20,
        "Speech recognition for mixed languages; deploys on modest hardware.",
    ),
    Entry("Mohammed Al-Farsi", "IT Service Manager", "Muscat", 49, "Incident, change and problem management without ceremony."),
    Entry(
        "Nadia Bouzid",
        "Frontend Engineer, React",
        "Paris",
        80,
        "Server rendering, small bundles and web vitals that hold on old phones.",
    ),
    Entry("Noah Williams", "Developer Advocate", "Toronto", 15, "Sample code that compiles and feedback that reaches the roadmap."),
    Entry("Olga Ivanova", "Business Analyst", "Riga", 41, "Maps processes as they are before drawing how they should be."),
    Entry(
        "Priya Raman",
        "Engineering Director",
        "Bengaluru",
        71,
        "Grows leads, budgets for reliability and answers the hard mail herself.",
    ),
    Entry("Rafael Costa", "Site Reliability Engineer", "São Paulo", 10, "Capacity, chaos days and dashboards with fewer panels."),
    Entry("Sofia Andersson", "Data Protection Officer", "Stockholm", 35, "Privacy reviews early enough to change the design."),
    Entry("Tomas Dvorak", "Systems Programmer", "Prague", 64, "Storage engines and file formats; reads the specification twice."),
    Entry("Yuki Sato", "Customer Success Lead", "Tokyo", 5, "Keeps a list of every promise made and when it was kept."),
    Entry("Zanele Dlamini", "Information Architect", "Cape Town", 29, "Navigation, search and names that mean one thing."),
    Entry(
        "Zoe Papadaki",
        "Illustrator and Brand Designer",
        "Athens",
        58,
        "Small visual systems for products with a sense of humour.",
    ),
)
