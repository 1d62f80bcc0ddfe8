from setuptools import find_packages, setup

setup(
    name="echo",
    version="0.1",
    packages=find_packages(),
    install_requires=["aiohttp>=3.11"],
)
